import type { ComponentChild, ComponentChildren } from 'preact'
import { ProgressBar } from '../controls/progress-bar.js'

/** Says what is waited for, where nobody knows how long. */
export function Waiting({ children }: { readonly children: ComponentChildren }): ComponentChild {
  return (
    <div class="waiting" role="status">
      <ProgressBar fraction={undefined} label="Working" />
      <small>{children}</small>
    </div>
  )
}
