import { displayPath } from '../../image/layer-path.ts'
import type { OverlayRemarkKind } from '../../image/overlay.ts'
import type { Check } from '../check.ts'
import type { Rule, Severity } from '../finding.ts'

const rule: Rule = {
  id: 'layer-order',
  class: 'hidden',
  severity: 'high',
  whateverBecame: true,
  title: 'Layers fit together in a way that runtimes disagree about.',
}

const meanings: Readonly<Record<OverlayRemarkKind, readonly [string, Severity]>> = {
  'duplicate-path': ['stands twice in one layer', 'high'],
  'symlink-parent': [
    'goes through a link of another layer: overlay replaces the link, other runtimes follow it',
    'high',
  ],
  'file-as-directory': ['goes through a file of its own layer', 'high'],
  'hardlink-to-lower-layer': ['is a hardlink to a file of a lower layer', 'medium'],
  'dangling-hardlink': ['is a hardlink to nothing', 'high'],
  'whiteout-and-entry': ['is deleted and made in one layer', 'high'],
  'invalid-whiteout': ['is a whiteout that names nothing', 'high'],
  'odd-whiteout': ['is a whiteout with content, or of another type than file', 'high'],
  'climbing-link': ['goes up with ".." on the way of a link, which runtimes read differently', 'high'],
  'opaque-root': ['hides everything below the root in some runtimes, and nothing in others', 'high'],
  'link-to-nowhere': ['goes through a link of its own layer that leads nowhere', 'high'],
}

export const layerOrder: Check = {
  rule,
  *image({ rootfs }) {
    for (const { kind, entry } of rootfs.remarks) {
      const [meaning, severity] = meanings[kind]
      yield { rule, severity, entry, message: `/${displayPath(entry.path)} ${meaning} (${kind})` }
    }
  },
}
