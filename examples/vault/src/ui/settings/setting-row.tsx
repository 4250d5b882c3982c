import type { ComponentChild, ComponentChildren } from 'preact'

export interface SettingRowProps {
  readonly icon: ComponentChild
  readonly title: string
  readonly text: ComponentChildren
  /** What can be done about it. */
  readonly children?: ComponentChildren
}

/** One line of the settings: what it is, and what can be done. */
export function SettingRow({ icon, title, text, children }: SettingRowProps): ComponentChild {
  return (
    <div class="setting">
      <span class="setting-icon" aria-hidden="true">{icon}</span>
      <div class="setting-text">
        <h3>{title}</h3>
        <p class="muted">{text}</p>
      </div>
      <div class="setting-actions">{children}</div>
    </div>
  )
}
