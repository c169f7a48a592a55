"""The rules by which an index is made, and the name of a version: a hash of everything that went in."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from kb_server.index.manifest import Manifest


@dataclass(frozen=True, slots=True)
class Rules:
    """What turns source bytes into an index; a change of any makes another version."""

    format: int
    parser: str
    chunker: str
    tokenizer: str
    encoder_id: str
    encoder_revision: str

    @classmethod
    def of(cls, manifest: Manifest) -> Rules:
        """Read the rules that a published version was made by."""
        return cls(
            format=manifest.format,
            parser=manifest.parser,
            chunker=manifest.chunker,
            tokenizer=manifest.tokenizer,
            encoder_id=manifest.encoder_id,
            encoder_revision=manifest.encoder_revision,
        )

    def same_chunks(self, other: Rules) -> bool:
        """Say whether the same bytes give the same chunks; the encoder's window decides on their size."""
        return (self.parser, self.chunker) == (other.parser, other.chunker) and self.same_vectors(other)

    def same_vectors(self, other: Rules) -> bool:
        """Say whether the same chunk gives the same vector."""
        return (self.encoder_id, self.encoder_revision) == (other.encoder_id, other.encoder_revision)


def version_name(rules: Rules, sources: Mapping[str, str]) -> str:
    """Name the version that ``rules`` make of ``sources`` (path → sha256 of the bytes).

    >>> version_name(Rules(1, "p1", "c1", "t1", "hash", "r1"), {"en/a.md": "00"})
    'v-53cbfca096ef4163'
    """
    inputs = {"rules": asdict(rules), "sources": sorted(sources.items())}
    canonical = json.dumps(inputs, ensure_ascii=True, sort_keys=True, separators=(",", ":"))
    return "v-" + hashlib.sha256(canonical.encode("ascii")).hexdigest()[:16]
