"""Checks command lines of the AWS CLI against its own models.

Prints an empty JSON string once it is ready. Then reads a JSON list of arguments a line, and answers each with a line: a
JSON string with what is wrong, empty if nothing is.
No call is made: with --generate-cli-skeleton output the CLI validates the request, and makes up the answer.
"""
import contextlib
import io
import json
import os
import sys

# Nothing of this machine's settings counts.
for name in [name for name in os.environ if name.startswith("AWS_")]:
    del os.environ[name]
os.environ["AWS_CONFIG_FILE"] = os.environ["AWS_SHARED_CREDENTIALS_FILE"] = os.devnull
os.environ["AWS_EC2_METADATA_DISABLED"] = "true"
os.environ["AWS_PAGER"] = ""

import awscli.clidriver  # noqa: E402  reads the environment
from awscli.customizations import generatecliskeleton  # noqa: E402

# The answers that are made up break the models' own rules, such as the least length of an ARN.
for name in ["_validate_operation_response", "_validate_response"]:  # of versions 1 and 2
    setattr(generatecliskeleton.Stubber, name, lambda *args, **kwargs: None)

# A driver goes on validating what its first call was for, so there is one for each operation.
drivers = {}

# What makes the calls of a service takes long to make, and is the same for all of its operations.
clients = {}


def operation(args):
    """The service and the operation, which come after the options for all of them."""
    at = 0
    while args[at].startswith("--"):
        at += 2
    return tuple(args[at : at + 2])


def driver(args, loader):
    name = operation(args)
    if name not in drivers:
        drivers[name] = awscli.clidriver.create_clidriver()
        session = drivers[name].session
        session.register_component("data_loader", loader)
        create = session.create_client

        def cached(service, **settings):
            key = (service, settings.get("region_name"))
            if key not in clients:
                clients[key] = create(service, **settings)
            return clients[key]

        session.create_client = cached
    return drivers[name]


def check(args, loader):
    said = io.StringIO()
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(said):
        try:
            code = driver(args, loader).main([*args, "--generate-cli-skeleton", "output"])
        except SystemExit as e:
            code = e.code
    if code:
        return f"exit code {code}: {said.getvalue().strip()}"
    return ""


def main():
    # The models are large: they are read once.
    loader = awscli.clidriver.create_clidriver().session.get_component("data_loader")
    answers = sys.stdout
    print(json.dumps(""), file=answers, flush=True)
    for line in sys.stdin:
        print(json.dumps(check(json.loads(line), loader)), file=answers, flush=True)


main()
