"""PyCoffer's command with its configuration read from YAML, as PyCoffer's source does since 0.1.4: PyYAML, keys as raw bytes."""

import base64
import sys

import yaml

from pycoffer import config


def read_yaml(self, filename, chkmode=True):
    self.filename = filename
    with open(filename) as file:
        sections = yaml.safe_load(file)
    # The release decodes base64 after this; the source after it takes the bytes as they are.
    self.parser = {name: {field: encode(value) for field, value in fields.items()} for name, fields in sections.items()}


def encode(value):
    return base64.b64encode(value).decode() if isinstance(value, bytes) else value


config.Config.__init__ = read_yaml

from pycoffer.main import cli  # noqa: E402

sys.exit(cli())
