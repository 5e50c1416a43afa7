import { apkInstalled } from './databases/apk.ts'
import { chiselManifest } from './databases/chisel.ts'
import type { DatabaseReader } from './databases/database.ts'
import { dpkgFiles, dpkgStatus } from './databases/dpkg.ts'
import { pythonRecord } from './databases/python-record.ts'
import { rpmManifest } from './databases/rpm-manifest.ts'
import { rpmBerkeley, rpmNdb, rpmSqlite } from './rpm/rpm-database.ts'

/** Which files are package databases, and who reads them. Their content was kept when their layer passed. */
const kinds: readonly (readonly [RegExp, DatabaseReader])[] = [
  [/^var\/lib\/dpkg\/(?:status\.d|info)\/[^/]+\.md5sums$/, dpkgFiles],
  [/^var\/lib\/dpkg\/status$/, dpkgStatus],
  [/^var\/lib\/dpkg\/status\.d\/(?![^/]*\.(?:list|preinst|postinst|prerm|postrm)$)[^/]+$/, dpkgStatus],
  [/^(?:usr\/)?lib\/apk\/db\/installed$/, apkInstalled],
  [/^(?:var\/lib|usr\/share|usr\/lib\/sysimage)\/rpm\/rpmdb\.sqlite$/, rpmSqlite],
  [/^(?:var\/lib|usr\/share|usr\/lib\/sysimage)\/rpm\/Packages\.db$/, rpmNdb],
  [/^(?:var\/lib|usr\/share|usr\/lib\/sysimage)\/rpm\/Packages$/, rpmBerkeley],
  [/^var\/lib\/rpmmanifest\/container-manifest-2$/, rpmManifest],
  [/(?:^|\/)chisel\/manifest\.wall$/, chiselManifest],
  [/\.dist-info\/RECORD$/, pythonRecord],
]

/** Who reads the package database at this path; undefined where there is none. */
export function databaseReaderOf(path: string): DatabaseReader | undefined {
  return kinds.find(([form]) => form.test(path))?.[1]
}
