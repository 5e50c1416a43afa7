/** Characters of the text of a program in a policy, and bytes of one that it names by URL. */
export const maxProgramLength: number = 256 * 1024
