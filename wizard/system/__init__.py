"""What the wizard has to know about the computer it runs on.

this_computer   the `Places` of this computer: folders, programs, language
output_folder   where files to hand over go if nobody says where
resources       the program's own files: icons, translations, provider pack
"""

from wizard.system.places import output_folder, this_computer
from wizard.system.resources import resources

__all__ = ["output_folder", "resources", "this_computer"]
