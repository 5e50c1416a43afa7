import { displayPath } from '../../image/layer-path.ts'
import type { LayerEntry } from '../../image/layer.ts'
import type { Check } from '../check.ts'
import type { Finding, Rule } from '../finding.ts'

const rule: Rule = {
  id: 'file-capability',
  class: 'privilege',
  severity: 'high',
  title: 'A file gains capabilities when it is started.',
}

/** File capabilities as the kernel stores them (linux/capability.h, `struct vfs_cap_data`). */
export const fileCapability: Check = {
  rule,
  entry: (entry) => (entry.xattrs === undefined ? [] : capabilityOf(entry)),
}

function* capabilityOf(entry: LayerEntry): Generator<Finding> {
  const value = entry.xattrs?.get('security.capability')
  if (value === undefined) return
  yield {
    rule,
    entry,
    message: `/${displayPath(entry.path)} has the capabilities ${describe(Buffer.from(value, 'latin1'))}`,
  }
}

function describe(data: Buffer): string {
  if (data.length < 12) return `of malformed form (${data.toString('hex')})`
  const magic = data.readUInt32LE(0)
  const high = data.length >= 20 ? data.readUInt32LE(12) : 0
  const permitted = (BigInt(high) << 32n) | BigInt(data.readUInt32LE(4))
  const revision = magic >>> 24
  const names = capabilityNames.filter((_, bit) => (permitted >> BigInt(bit)) & 1n)
  return `${names.join(',') || 'none'}${(magic & 1) === 1 ? '+ep' : '+p'} (revision ${revision})`
}

const capabilityNames: readonly string[] =
  `chown dac_override dac_read_search fowner fsetid kill setgid setuid setpcap linux_immutable net_bind_service
  net_broadcast net_admin net_raw ipc_lock ipc_owner sys_module sys_rawio sys_chroot sys_ptrace sys_pacct sys_admin
  sys_boot sys_nice sys_resource sys_time sys_tty_config mknod lease audit_write audit_control setfcap mac_override
  mac_admin syslog wake_alarm block_suspend audit_read perfmon bpf checkpoint_restore`.split(/\s+/)
