"""What the wizard has to know about the computer it runs on.

this_computer   the `Places` of this computer: folders, programs, language
output_folder   where files to hand over go if nobody says where
state_folder    where the wizard keeps its own things
resources       the program's own files: icons, translations, provider pack
write_private   a file for its owner alone, written whole or not at all
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wizard.later import loader

# At once: the module has the same name.
from wizard.system.resources import resources

if TYPE_CHECKING:
    from wizard.system.places import output_folder, state_folder, this_computer
    from wizard.system.private import write_private

__all__ = ["output_folder", "resources", "state_folder", "this_computer", "write_private"]

if not TYPE_CHECKING:
    __getattr__ = loader(
        __name__,
        {
            "places": "output_folder state_folder this_computer",
            "private": "write_private",
        },
    )
