# Runs all functional tests of minio-py, whose own main ends with the first one that fails. Its folder is the first argument.
import importlib.util
import sys

home = sys.argv[1]
sys.path[:0] = [home, home + "/deps"]
spec = importlib.util.spec_from_file_location("tests", home + "/tests/functional/tests.py")
tests = importlib.util.module_from_spec(spec)
spec.loader.exec_module(tests)
one = tests._call_test


def call(*args, **kwargs):
    try:
        one(*args, **kwargs)
    except tests.TestFailed:
        pass  # it has said so


tests._call_test = call
tests.main()
