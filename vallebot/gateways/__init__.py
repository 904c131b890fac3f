"""Everything outside Vallebot that it calls: each gateway implements what a service declares."""
