"""Steps name menus and buttons as the programs themselves call them, in each language.

The labels are those of the catalogues in Debian 12: KMail 22.12, KXmlGui 5.103, Geary 43.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import i18n
from tests.unit.clients.support import account
from wizard.clients import registry
from wizard.messages import Messages
from wizard.model import ClientPlan

LABELS: dict[str, dict[str, tuple[str, ...]]] = {
    "kmail": {
        "en": ("Settings", "Add Account", "Configure KMail"),
        "fr": ("Configuration", "Ajouter un compte", "Configurer KMail"),
        "de": ("Einstellungen", "Postfach hinzufügen", "KMail einrichten"),
        "it": ("Impostazioni", "Aggiungi account", "Configura KMail"),
        "es": ("Preferencias", "Añadir cuenta", "Configurar KMail"),
    },
    "geary": {
        "en": ("Accounts", "Add an account", "Use same login as receiving", "Create"),
        "fr": (
            *("Comptes", "Ajouter un compte"),
            *("Utiliser le même identifiant que pour la réception", "Créer"),
        ),
        "de": (
            *("Konten", "Ein Konto hinzufügen"),
            *("Dieselben Anmeldedaten zum Empfangen verwenden", "Erstellen"),
        ),
        "it": (
            *("Account", "Aggiungi un account"),
            *("Usare le stesse credenziali di accesso usate in ricezione", "Crea"),
        ),
        "es": (
            *("Cuentas", "Añadir una cuenta"),
            *("Usar el mismo inicio de sesión para recibir", "Crear"),
        ),
    },
}


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("translations")
    i18n.compile_into(directory)
    return directory


@pytest.mark.parametrize("client", LABELS)
@pytest.mark.parametrize("language", ["en", "fr", "de", "it", "es"])
def test_steps_call_things_as_the_program_does(client: str, language: str, compiled: Path) -> None:
    made = registry.files(client, account(), Messages(language, compiled))
    assert isinstance(made, ClientPlan)
    text = "\n".join(step.text for step in made.steps if not step.is_value)
    missing = [label for label in LABELS[client][language] if label not in text]
    assert missing == [], text
