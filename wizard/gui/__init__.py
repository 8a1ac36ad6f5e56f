"""The window. The only room that imports PySide6.

application   one QApplication, the window, the edge where bugs become a report
controller    carries out what the flow asks for and tells it what came of it
bridge        the asyncio thread; nothing else knows about threads
shell         frame: rail, title, navigation, focus; shows one page at a time
pages/        one file per page: `render(state)` in, events out
widgets/      what pages are made of
theme         colours, sizes, style sheet, icons
printing      PDF of the settings sheet
walk          the same window, driven without a person

Importing this package loads no Qt: faces that need no window can name it freely.
"""
