"""The only sockets of the program.

resolver   DNS records and host addresses; every question is asked once per run
http       GET and POST over https with limits on size, time and redirects
tls        one context factory on the system's trust store; what a certificate says
streams    lines and bytes over TCP, TLS and STARTTLS; nothing from before TLS survives it
failure    the one exception of this room, with a closed list of reasons

Each module holds a Protocol, which the other rooms take as an argument, and one adapter.
"""
