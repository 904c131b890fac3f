"""Every Spanish text that services compose: notices, reminders, agenda, summaries. One bubble each, voseo."""
