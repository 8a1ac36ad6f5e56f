"""One file per source: an async function `ask(query, tell) -> Answer`.

A source asks its questions, tells what it finds, and judges how far that can be trusted. Which
sources are asked, and when, is `plan`'s and `runner`'s business.
"""
