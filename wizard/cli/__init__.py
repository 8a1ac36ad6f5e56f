"""The command line: a public contract (commands, JSON, exit codes).

main       runs one command
arguments  the words of the command line
options    what it was told
backend    what the commands need from the outside
settings   from an address to servers one may use, with consent
commands   one coroutine per command
output     one JSON object, or sentences
exits      exit codes
"""
