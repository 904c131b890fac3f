"""The WhatsApp Cloud API, outgoing side: HTTP client, error table, message bodies, ids of buttons and lists."""
