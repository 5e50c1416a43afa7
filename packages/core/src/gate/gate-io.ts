import type { Call, ContentSource } from '@assay/registry'
import type { InspectionFact } from '../policy/facts.ts'
import type { RemoteProgram } from '../policy/remote-program.ts'
import type { OpenedImage } from '../source/open-image.ts'
import type { TrustedKey } from '../trust/public-key.ts'
import type { TrustRoot } from '../trust/trust-root.ts'

/** All that the gate reaches outside for. */
export interface GateIo {
  readonly now: Date
  /**
   * Finds an image: asked once for each.
   * @throws RegistryError
   */
  readonly openImage: (reference: string, call: Call) => Promise<OpenedImage>
  /**
   * Where `openImage` looks for the same reference, with nothing asked yet; lets attachments be asked for early.
   * @throws RegistryError
   */
  readonly openStore?: (reference: string) => Promise<ContentSource>
  /**
   * The place of a repository that holds signatures apart from their image (`source.oci`).
   * @throws RegistryError
   */
  readonly openPlace: (repository: string) => Promise<ContentSource>
  /**
   * The trust material of a TrustRoot by name, or the run's own; asked once for each.
   * @throws TrustError, GateError
   */
  readonly trustRoot: (name: string | undefined) => Promise<TrustRoot>
  /**
   * The public half of a key that a service keeps (`key.kms`); asked once for each. Without it, no such key is to be had.
   * @throws CodedError
   */
  readonly keptKey?: (reference: string) => Promise<TrustedKey>
  /**
   * The text of a program that a policy names by URL, its digest checked; asked once for each. Without it, none is to be had.
   * @throws CodedError
   */
  readonly program?: (program: RemoteProgram) => Promise<string>
  /**
   * Inspects all of an image: asked once, and only if a policy wants it.
   * @throws RegistryError
   */
  readonly inspect: (image: OpenedImage, call: Call) => Promise<InspectionFact>
}
