#!/usr/bin/env python3
"""count_tests.py (LOG_FOLDER MESON_EXIT_CODE)...: counts test cases in the logs that runs of `meson test` wrote.

testlog.json says how each test program ended, testlog.junit.xml names the GoogleTest cases it ran. A program without
cases counts as one test. A program that failed without naming a failed case, because it crashed, hung or failed at
exit, counts as one failure, and so does Meson itself. The last line printed is `N passed, N failed`, with `, N skipped` when some were; the
exit code is 1 when a test failed or none passed.
"""

import json
import pathlib
import sys
import xml.etree.ElementTree as ElementTree
from collections import Counter, defaultdict

PROGRAM_RESULTS = {"OK": "passed", "EXPECTEDFAIL": "passed", "SKIP": "skipped"}


def case_result(case):
    """'passed', 'failed' or 'skipped' for one JUnit testcase element."""
    if case.find("failure") is not None or case.find("error") is not None:
        return "failed"
    if case.find("skipped") is not None or case.get("status") == "notrun":
        return "skipped"
    return "passed"


def read_programs(json_file):
    """Pairs of a test program's name and its result."""
    with open(json_file, encoding="utf-8") as lines:
        runs = [json.loads(line) for line in lines]
    return [(run["name"], PROGRAM_RESULTS.get(run["result"], "failed")) for run in runs]


def read_cases(junit_file, programs):
    """Test program's name -> list of (case, result).

    Meson names the suite of a program that speaks TAP `project.program`, a GoogleTest suite `project.program.suite`.
    """
    cases = defaultdict(list)
    for suite in ElementTree.parse(junit_file).getroot().iter("testsuite"):
        name = suite.get("name").partition(".")[2]
        program = name if name in programs else name.rpartition(".")[0]
        for case in suite.iter("testcase") if program else ():
            name_of_case = ".".join(filter(None, [case.get("classname"), case.get("name")]))
            cases[program].append((name_of_case, case_result(case)))
    return cases


def results_of(log_folder, meson_exit_code):
    """Pairs of a case's name and its result, for one run of `meson test`."""
    folder = pathlib.Path(log_folder)
    try:
        programs = read_programs(folder / "testlog.json")
        cases = read_cases(folder / "testlog.junit.xml", {name for name, _ in programs})
    except (OSError, ValueError, KeyError, ElementTree.ParseError) as error:
        print(f"the test run left no readable results in {log_folder}: {error}")
        programs, cases = [("meson test", "failed")], {}

    if meson_exit_code and all(result != "failed" for _, result in programs):
        programs.append(("meson test", "failed"))

    for program, program_result in programs:
        results = [(f"{program}: {case}", result) for case, result in cases.pop(program, [])]
        case_failed = any(result == "failed" for _, result in results)
        if not results or (program_result == "failed" and not case_failed):
            results.append((program, program_result))
        yield from results


def main(runs):
    count = Counter()
    for log_folder, meson_exit_code in runs:
        for name, result in results_of(log_folder, meson_exit_code):
            count[result] += 1
            if result == "failed":
                print(f"failed: {name} ({log_folder})")

    skipped = f", {count['skipped']} skipped" if count["skipped"] else ""
    print(f"{count['passed']} passed, {count['failed']} failed{skipped}")
    return 1 if count["failed"] or not count["passed"] else 0


if __name__ == "__main__":
    arguments = sys.argv[1:]
    if not arguments or len(arguments) % 2:
        sys.exit("usage: count_tests.py (LOG_FOLDER MESON_EXIT_CODE)...")
    sys.exit(main([(folder, int(code)) for folder, code in zip(arguments[::2], arguments[1::2])]))
