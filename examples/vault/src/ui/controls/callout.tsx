import type { ComponentChild, ComponentChildren } from 'preact'
import { Info, TriangleAlert } from 'lucide-preact'

/** A box that tells something. With `isProblem` it is read out when it comes. */
export function Callout({ children, isProblem = false }: { readonly children: ComponentChildren; readonly isProblem?: boolean | undefined }): ComponentChild {
  return (
    <div class={isProblem ? 'callout callout-danger' : 'callout'} role={isProblem ? 'alert' : undefined}>
      {isProblem ? <TriangleAlert /> : <Info />}
      <div>{children}</div>
    </div>
  )
}
