import type { Check } from './check.ts'
import { ambiguousTar } from './checks/ambiguous-tar.ts'
import { compiler } from './checks/compiler.ts'
import { coreUtility } from './checks/core-utility.ts'
import { fileCapability } from './checks/file-capability.ts'
import { inertScript } from './checks/inert-script.ts'
import { interpreter } from './checks/interpreter.ts'
import { layerIntegrity } from './checks/layer-integrity.ts'
import { layerOrder } from './checks/layer-order.ts'
import { livingOff } from './checks/living-off.ts'
import { missingLoader } from './checks/missing-loader.ts'
import { missingProgram } from './checks/missing-program.ts'
import { modifiedFile } from './checks/modified-file.ts'
import { multiCall } from './checks/multi-call.ts'
import { namedUser } from './checks/named-user.ts'
import { networkTool } from './checks/network-tool.ts'
import { oddPath } from './checks/odd-path.ts'
import { packageManager } from './checks/package-manager.ts'
import { packedProgram } from './checks/packed-program.ts'
import { rootUser } from './checks/root-user.ts'
import { secret } from './checks/secret.ts'
import { setId } from './checks/set-id.ts'
import { shell } from './checks/shell.ts'
import { smuggledWhiteout } from './checks/smuggled-whiteout.ts'
import { unreadInventory } from './checks/unread-inventory.ts'
import { tableOfContents } from './checks/table-of-contents.ts'
import { unseenContent } from './checks/unseen-content.ts'
import { worldWritable } from './checks/world-writable.ts'

/** Changes whenever a rule finds something else than before; reports name it. */
export const rulesetVersion = '7'

/** All rules, in the order in which reports list findings of one severity. */
export const allChecks: readonly Check[] = [
  shell,
  multiCall,
  packageManager,
  interpreter,
  coreUtility,
  networkTool,
  compiler,
  livingOff,
  packedProgram,
  unseenContent,
  setId,
  fileCapability,
  ambiguousTar,
  layerIntegrity,
  tableOfContents,
  smuggledWhiteout,
  layerOrder,
  oddPath,
  modifiedFile,
  unreadInventory,
  secret,
  rootUser,
  worldWritable,
  missingProgram,
  missingLoader,
  namedUser,
  inertScript,
]
