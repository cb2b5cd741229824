"""Runs calls of the AWS CLI, one a line of JSON, and answers each with what it prints and its exit code."""
import contextlib
import io
import json
import os
import sys

import awscli.clidriver


def run(call, loader):
    # Standard input has the calls, so the input of a call comes from a pipe. It is shorter than the pipe's buffer.
    source, sink = os.pipe()
    os.write(sink, call["input"].encode())
    os.close(sink)
    args = [arg.replace("/dev/stdin", "/dev/fd/%d" % source) for arg in call["args"]]
    os.chdir(call["dir"])
    os.environ.pop("AWS_MAX_ATTEMPTS", None)
    if call["attempts"]:
        os.environ["AWS_MAX_ATTEMPTS"] = call["attempts"]
    out, errors = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(errors):
        try:
            driver = awscli.clidriver.create_clidriver()
            driver.session.register_component("data_loader", loader)
            code = driver.main(args)
        except SystemExit as e:
            code = e.code
        finally:
            os.close(source)
    return {"stdout": out.getvalue(), "stderr": errors.getvalue(), "code": code}


def main():
    # The models are large: they are read once.
    loader = awscli.clidriver.create_clidriver().session.get_component("data_loader")
    answers = sys.stdout
    for line in sys.stdin:
        print(json.dumps(run(json.loads(line), loader)), file=answers, flush=True)


main()
