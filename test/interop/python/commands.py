"""Lists PyCoffer's commands as JSON: the path of each to its options, as a user types them."""

import json

import click

from pycoffer.main import cli


def collect(command, path, found):
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            collect(command.get_command(context, name), [*path, name], found)
    else:
        options = [param for param in command.params if isinstance(param, click.Option)]
        found[" ".join(path)] = sorted(", ".join(option.opts) for option in options if option.name != "help")


commands = {}
collect(cli, [], commands)
print(json.dumps(commands))
