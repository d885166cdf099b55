"""Asks an emulator for everything that the checks of this folder name."""

import argparse
import importlib
import json
import pathlib
import sys

import harness


def restart():
    """Has whoever started the probe kill the emulator and start it again."""
    print("restart", flush=True)
    sys.stdin.readline()


def main():
    """Prints one line for each check; with --json one JSON object for each."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--endpoint", default="http://127.0.0.1:4566")
    arguments.add_argument("--only", default="", help="services, separated by commas")
    arguments.add_argument("--json", action="store_true")
    arguments.add_argument("--survival", action="store_true", help="only what outlives the process: prints `restart`, and goes on at the next line of input")
    arguments = arguments.parse_args()
    folder = pathlib.Path(__file__).parent
    for module in sorted(folder.glob("*.py")):
        if module.name not in ("harness.py", "run.py"):
            importlib.import_module(module.stem)
    failed, services = 0, set(filter(None, arguments.only.split(",")))
    results = harness.run_survivals(arguments.endpoint, services, restart) if arguments.survival else harness.run(arguments.endpoint, services)
    for result in results:
        failed += not result["passed"]
        if arguments.json:
            line = json.dumps(result)
        else:
            verdict = "ok  " if result["passed"] else "FAIL"
            line = f"{verdict} {result['service']:16} {result['capability']}" + (f"\n     {result['why']}" if result["why"] else "")
        print(line, flush=True)
    sys.exit(1 if failed and not arguments.json else 0)


if __name__ == "__main__":
    main()
