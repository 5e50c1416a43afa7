import { CodedError } from '@assay/registry'

export type ImageErrorCode =
  /** The reference stands for something that is no image: an artifact, a signature, a schema 1 manifest. */
  | 'NOT_AN_IMAGE'
  /** The platform that was asked for is not among those of the image. */
  | 'UNKNOWN_PLATFORM'
  /** The image config is not what the specification says. */
  | 'MALFORMED_CONFIG'
  /** Something is about one image, and an index has several. */
  | 'SEVERAL_PLATFORMS'
  /** Not everything could be read, so a list of all software would have gaps. */
  | 'INCOMPLETE_INVENTORY'
  /** Every layer was read, and none has a file of that path. */
  | 'NO_SUCH_FILE'
  /** What is at the path is no regular file. */
  | 'NOT_A_FILE'
  /** A layer that was not read may say otherwise. */
  | 'UNREAD_LAYER'
  /** Indexes nested too deep or holding too much. */
  | 'LIMIT_EXCEEDED'

/** Why something cannot be read as an image. */
export class ImageError extends CodedError<ImageErrorCode> {}
