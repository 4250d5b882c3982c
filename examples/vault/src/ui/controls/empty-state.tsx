import type { ComponentChild, ComponentChildren } from 'preact'

/** What is shown where there is nothing yet: why, and what to do. */
export function EmptyState({ icon, title, children }: { readonly icon: ComponentChild; readonly title: string; readonly children?: ComponentChildren }): ComponentChild {
  return (
    <div class="empty">
      {icon}
      <h2>{title}</h2>
      {children}
    </div>
  )
}
