"""A small internet on one machine, where the program meets real servers and real clients.

    wire            two network namespaces, `home` and `inet`, with latency between them
    background      the loop in which the lab's own servers run
    ├── nameserver  DNS for every name there is
    ├── web         HTTPS and HTTP for every host there is
    └── greeter     scripted IMAP and SMTP that only greet
    ca              certificates, good ones and flawed ones
    mail            Dovecot and Postfix
    internet        all of these together
    ├── validating  a DNSSEC-validating resolver (unbound) in `home`
    ├── provider    a mail provider with people's mailboxes
    └── domains     the eleven classes of domain, each with its right answer
    wizard          the program under test, in `home`
    thunderbird     a real Thunderbird, in `home`, driven by thunderbird.js
    requirements    what must be here, and what happens where it is not

Everything lives in namespaces and folders of its own: runs do not disturb each other, nothing is
reached outside, and nothing is left behind.
"""
