import type { ComponentChild } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import { X } from 'lucide-preact'
import { dismissTask, tasks, type Task } from '../../model/tasks.js'
import { Button } from './button.js'
import { ProgressBar } from './progress-bar.js'
import { useFocusBack } from './use-focus-back.js'

/** What is over sooner is not shown. */
const SHOWN_AFTER_MS = 500

/** What runs, with progress and cancel, and what failed, with what to do now. */
export function TaskList(): ComponentChild {
  const list = useRef<HTMLElement>(null)
  useFocusBack(list, '[aria-label="Dismiss"]')
  return (
    <section class="tasks" aria-label="Tasks" ref={list}>
      {tasks.value.map((task) => (
        <TaskLine key={task.id} task={task} />
      ))}
    </section>
  )
}

function TaskLine({ task }: { readonly task: Task }): ComponentChild {
  const [now, setNow] = useState(Date.now())
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), SHOWN_AFTER_MS)
    return () => clearInterval(timer)
  }, [])
  const problem = task.problem.value
  if (problem) {
    return (
      <div class="task" role="alert">
        <div class="task-text">
          <p>
            <strong>{task.title}</strong>
          </p>
          <p class="problem">{problem.text}</p>
          <p>{problem.advice}</p>
        </div>
        <Button kind="quiet" label="Dismiss" onClick={() => dismissTask(task)}>
          <X />
        </Button>
      </div>
    )
  }
  if (task.state.value !== 'running' || now - task.started < SHOWN_AFTER_MS) return null
  const fraction = task.fraction.value
  return (
    <div class="task">
      <div class="task-text">
        <p>{task.title}</p>
        <ProgressBar fraction={fraction} label={task.title} />
        <small class="hint">{timeLeft(now - task.started, fraction)}</small>
      </div>
      <Button kind="quiet" onClick={() => task.cancel()}>
        Cancel
      </Button>
    </div>
  )
}

function timeLeft(sinceMs: number, fraction: number | undefined): string {
  if (fraction === undefined || fraction < 0.02) return 'Working …'
  const seconds = Math.ceil(((sinceMs / fraction) * (1 - fraction)) / 1000)
  const percent = `${Math.floor(fraction * 100)} %`
  if (sinceMs < 2000 || seconds < 2) return percent
  return seconds < 90 ? `${percent}, about ${seconds} s left` : `${percent}, about ${Math.round(seconds / 60)} min left`
}
