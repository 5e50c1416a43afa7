/** What stands below the list of commands in the help. */
export const programExamples: string = `
Examples:
  # What is in an image, and is it distroless?
  assay inspect gcr.io/distroless/static:nonroot

  # Sign what was built
  assay sign --key release.key registry.example/app@sha256:…

  # Verify before it is deployed, or let a policy decide
  assay verify --key release.pub registry.example/app@sha256:…
  assay gate --policy policy.yaml registry.example/app@sha256:…

Exit codes: 0 yes, 1 no, 2 the request is wrong, 3 could not tell.
`
