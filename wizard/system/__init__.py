"""What the wizard has to know about the computer it runs on.

this_computer   the `Places` of this computer: folders, programs, language
output_folder   where files to hand over go if nobody says where
state_folder    where the wizard keeps its own things
resources       the program's own files: icons, translations, provider pack
write_private   a file for its owner alone, written whole or not at all
"""

from wizard.system.places import output_folder, state_folder, this_computer
from wizard.system.private import write_private
from wizard.system.resources import resources

__all__ = ["output_folder", "resources", "state_folder", "this_computer", "write_private"]
