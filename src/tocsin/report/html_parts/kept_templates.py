"""Templates as they were compiled in an earlier run: compiling them takes longer than a small report."""

from __future__ import annotations

import pickle

import jinja2
from jinja2.bccache import Bucket, BytecodeCache

from tocsin.knowledge.prepared import keep, kept, key_of


class KeptTemplates(BytecodeCache):
    """Jinja's own cache, in the folder of `knowledge.prepared`; a changed template is compiled anew."""

    def load_bytecode(self, bucket: Bucket) -> None:
        """See `BytecodeCache`."""
        data = kept("page", _key(bucket))
        if data is None:
            return
        try:
            bucket.bytecode_from_string(data)
        except (pickle.UnpicklingError, EOFError, ValueError, TypeError, AttributeError):
            bucket.reset()

    def dump_bytecode(self, bucket: Bucket) -> None:
        """See `BytecodeCache`."""
        keep("page", _key(bucket), bucket.bytecode_to_string())


def _key(bucket: Bucket) -> str:
    return key_of([jinja2.__version__.encode(), bucket.key.encode(), bucket.checksum.encode()])
