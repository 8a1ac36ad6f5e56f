"""The bill of materials of a build: CycloneDX, by its own library; a checksum per file."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from cyclonedx.model import HashAlgorithm, HashType
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.model.license import LicenseExpression
from cyclonedx.output.json import JsonV1Dot6
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packageurl import PackageURL

import facts
from parts import Part


def bill(folder: Path, parts: Iterable[Part], epoch: int) -> str:
    """The document, as JSON. `folder`: the frozen one. `epoch`: seconds since 1970, its date."""
    owners = {name: part.purl for part in parts for name in part.files}
    files: dict[str, list[Component]] = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink():
            name = path.relative_to(folder).as_posix()
            owner = owners.get(name.removeprefix("_internal/"), "")
            files.setdefault(owner, []).append(_file(name, path))
    program = Component(
        name=facts.PACKAGE,
        version=facts.version(),
        type=ComponentType.APPLICATION,
        bom_ref=facts.PACKAGE,
        licenses=[LicenseExpression("Apache-2.0")],
        components=files.pop("", []),
    )
    document = Bom(
        components=[_component(part, files.get(part.purl, ())) for part in parts],
        serial_number=uuid.uuid5(uuid.NAMESPACE_URL, f"{facts.HOMEPAGE}/{facts.version()}/{epoch}"),
    )
    document.metadata.component = program
    document.metadata.timestamp = datetime.fromtimestamp(epoch, UTC)
    document.register_dependency(program, list(document.components))
    return JsonV1Dot6(document).output_as_string(indent=2)


def faults(document: str) -> str:
    """What CycloneDX's own schema has against it; empty where nothing."""
    found = JsonStrictValidator(SchemaVersion.V1_6).validate_str(document)
    return "" if found is None else str(found)


def _component(part: Part, files: Iterable[Component]) -> Component:
    inside = [_component(one, ()) for one in part.inside]
    licences = [LicenseExpression(part.licence)] if part.licence else []
    return Component(
        name=part.name,
        version=part.version or None,
        type=ComponentType.LIBRARY,
        bom_ref=part.purl,
        purl=PackageURL.from_string(part.purl),
        licenses=licences,
        copyright=part.copyright or None,
        components=[*inside, *files],
    )


def _file(name: str, path: Path) -> Component:
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return Component(
        name=name,
        type=ComponentType.FILE,
        bom_ref=f"file:{name}",
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=digest)],
    )
