import type { ImagePlace } from '../policy/image-place.ts'

/** Something that a manifest asks of an image and the image cannot do. */
export interface ContainerProblem {
  readonly code: 'CANNOT_START' | 'RUNS_AS_ROOT' | 'READ_ONLY_ROOT'
  /** `fails`: the container, probe or hook will not work; `risks`: it depends on the program or the runtime. */
  readonly weight: 'fails' | 'risks'
  readonly message: string
  readonly place: ImagePlace
  readonly hint: string
}
