import type { ComponentChild } from 'preact'
import { useRef } from 'preact/hooks'
import { X } from 'lucide-preact'
import { dismissNotice, notices } from '../../model/notices.js'
import { Button } from './button.js'
import { useFocusBack } from './use-focus-back.js'

/** What was done, read out when it comes, with a way to undo it. */
export function ToastList(): ComponentChild {
  const list = useRef<HTMLDivElement>(null)
  useFocusBack(list, '[aria-label="Dismiss"]')
  return (
    <div class="toasts" role="status" aria-live="polite" ref={list}>
      {notices.value.map((notice) => (
        <div key={notice.id} class="toast">
          <span>{notice.text}</span>
          {notice.action && (
            <Button
              kind="quiet"
              onClick={() => {
                dismissNotice(notice)
                notice.action?.run()
              }}
            >
              {notice.action.label}
            </Button>
          )}
          <Button kind="quiet" label="Dismiss" onClick={() => dismissNotice(notice)}>
            <X />
          </Button>
        </div>
      ))}
    </div>
  )
}
