"""Runs calls of the AWS CLI, one a line of JSON, and answers each with what it prints and its exit code."""
import contextlib
import io
import json
import os
import sys

import awscli.clidriver


def run(call, loader):
    if any("/dev/stdin" in arg for arg in call["args"]):
        return {"stdout": "", "stderr": "there is no standard input to read here\n", "code": 1}
    os.chdir(call["dir"])
    out, errors = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(errors):
        try:
            driver = awscli.clidriver.create_clidriver()
            driver.session.register_component("data_loader", loader)
            code = driver.main(call["args"])
        except SystemExit as e:
            code = e.code
    return {"stdout": out.getvalue(), "stderr": errors.getvalue(), "code": code}


def main():
    # The models are large: they are read once.
    loader = awscli.clidriver.create_clidriver().session.get_component("data_loader")
    answers = sys.stdout
    for line in sys.stdin:
        print(json.dumps(run(json.loads(line), loader)), file=answers, flush=True)


main()
