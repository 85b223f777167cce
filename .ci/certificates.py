"""Asks z3 and cvc5 about certificates, files of SMT-LIB 2 with one check-sat, and prints what they answer: see .ci/certificates.

Each has FIRST seconds. Where neither confirmed what the file says is to be answered, each has LAST seconds more. Where LONG is set, each has
LAST seconds at once.
"""
import concurrent.futures
import os
import re
import subprocess
import sys
import time

LAST = 60
FIRST = LAST if os.environ.get("LONG") else 10
ANSWERS = ("sat", "unsat", "unknown")


def cvc5(text):
    """Runs a text as the program cvc5 would: its package in PyPI has the library alone."""
    import cvc5
    solver = cvc5.Solver(cvc5.TermManager())
    solver.setOption("strings-exp", "true")
    parser = cvc5.InputParser(solver)
    parser.setStringInput(cvc5.InputLanguage.SMT_LIB_2_6, text, "certificate")
    symbols = parser.getSymbolManager()
    while not (command := parser.nextCommand()).isNull():
        print(command.invoke(solver, symbols), end="")


COMMANDS = {"z3": ["z3", "-in"], "cvc5": [sys.executable, __file__, "--cvc5"]}
STATUS = re.compile(r"^\(set-info :status (\w+)\)$", re.MULTILINE)


def ask(solver, text, seconds):
    """Returns the answer, - where there is none in time, and anything else that the solver said; and the seconds."""
    began = time.monotonic()
    try:
        done = subprocess.run(COMMANDS[solver], input=text, capture_output=True, text=True, timeout=seconds)
        said = (done.stdout + done.stderr).strip()
        answer = said if said in ANSWERS else "error: " + " ".join(said.split())[:200]
    except subprocess.TimeoutExpired:
        answer = "-"
    return answer, time.monotonic() - began


def certify(path):
    """Returns the row of a certificate: its name, what is expected, and each solver's answer and seconds."""
    with open(path, encoding="ascii") as file:
        text = file.read()
    expected = STATUS.search(text).group(1)
    text = STATUS.sub("", text)  # what a solver is told, it might say
    answers = {solver: ask(solver, text, FIRST) for solver in COMMANDS}
    if FIRST < LAST and expected != "unknown" and not any(answer == expected for answer, _ in answers.values()):
        answers = {solver: ask(solver, text, LAST) for solver in COMMANDS}
    name = os.path.basename(os.path.dirname(path)) + "/" + os.path.basename(path).removesuffix(".smt2")
    return name, expected, answers


def fault(expected, answers):
    """Returns what is wrong with the answers, or nothing."""
    said = [answer for answer, _ in answers.values()]
    if any(answer not in ANSWERS + ("-",) for answer in said):
        return "an error"
    if expected == "unknown":
        return None
    if {"sat": "unsat", "unsat": "sat"}[expected] in said:
        return "CONTRADICTED"
    return None if expected in said else "not confirmed"


def main(paths):
    began = time.monotonic()
    width = max(len(os.path.basename(path)) for path in paths) + 10
    print(f"{'obligation':{width}} expected  z3       cvc5     seconds")
    faults, confirmed = 0, {solver: 0 for solver in COMMANDS}
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for name, expected, answers in pool.map(certify, paths):
            for solver, (answer, _) in answers.items():
                confirmed[solver] += answer == expected
            wrong = fault(expected, answers)
            faults += wrong is not None
            said = " ".join(f"{answer:8}" for answer, _ in answers.values())
            took = " ".join(f"{seconds:.2f}" for _, seconds in answers.values())
            print(f"{name:{width}} {expected:8}  {said} {took}" + (f"  <- {wrong}" if wrong else ""), flush=True)
    told = ", ".join(f"{count} by {solver}" for solver, count in confirmed.items())
    print(f"{len(paths)} certificates: confirmed {told}; {faults} not as expected; {time.monotonic() - began:.0f} s")
    return 1 if faults else 0


if __name__ == "__main__":
    if sys.argv[1] == "--cvc5":
        cvc5(sys.stdin.read())
    else:
        sys.exit(main(sys.argv[1:]))
