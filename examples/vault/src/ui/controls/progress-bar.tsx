import type { ComponentChild } from 'preact'

/** How far something is, 0 to 1; `undefined` where nobody knows. */
export function ProgressBar({ fraction, label }: { readonly fraction: number | undefined; readonly label: string }): ComponentChild {
  const percent = fraction === undefined ? undefined : Math.round(fraction * 100)
  return (
    <div
      class={fraction === undefined ? 'progress progress-unknown' : 'progress'}
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={percent}
    >
      <div style={fraction === undefined ? undefined : { transform: `scaleX(${fraction})` }} />
    </div>
  )
}
