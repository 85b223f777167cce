#!/usr/bin/env bash
# Asks prove about the policies, and where there are earlier ones whether anything became allowed. Its settings are those of action.yml.
set -u

case "${UNDECIDED:-fail}" in
  fail | pass) ;;
  *) echo "::error::undecided is '$UNDECIDED': want fail or pass"; exit 2 ;;
esac

arguments=(policies "$POLICIES" --format github)
if [ -n "${OWNERSHIP:-}" ]; then
  arguments+=(--ownership "$OWNERSHIP")
fi
"$BIN" "${arguments[@]}"
code=$?

case $code in
  0) verdict=proven ;;
  1) verdict=refuted ;;
  3) verdict=undecided ;;
  *) verdict=unusable; echo "::error::prove cannot use the policies or the ownership file: see the lines above" ;;
esac
echo "verdict=$verdict" >>"$GITHUB_OUTPUT"

more=0
if [ -n "${BEFORE:-}" ]; then
  "$BIN" diff "$BEFORE" "$POLICIES" --first --format github
  more=$?
  [ "$more" != 2 ] || echo "::error::prove cannot compare the policies with those before: see the lines above"
fi

failed=0
for each in "$code" "$more"; do
  case $each in
    0) ;;
    3) [ "${UNDECIDED:-fail}" = pass ] || failed=1 ;;
    *) failed=1 ;;
  esac
done
exit $failed
