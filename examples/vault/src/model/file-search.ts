import type { FileItem, FileTree } from './file-tree.js'

const MARKS = /\p{M}/gu
// oxlint-disable-next-line eslint/no-control-regex -- all of ASCII
const ASCII = /^[\x00-\x7f]*$/

/** Letters without case, accents and ligatures, for comparing what is typed with names. */
export function foldName(text: string): string {
  if (ASCII.test(text)) return text.toLowerCase()
  return text.normalize('NFKD').replaceAll(MARKS, '').toLowerCase().replaceAll('ß', 'ss')
}

interface Index {
  readonly items: readonly FileItem[]
  readonly folded: readonly string[]
}

/** Made for a tree when it is first searched. */
const indexes = new WeakMap<FileTree, Index>()

/** All files and folders whose names, without their folders', hold all the words; in no order. */
export function searchTree(tree: FileTree, query: string): readonly FileItem[] {
  const words = foldName(query).split(/\s+/).filter((word) => word !== '')
  if (words.length === 0) return []
  const { items, folded } = indexOf(tree)
  return items.filter((_, at) => {
    const name = folded[at] ?? ''
    return words.every((word) => name.includes(word))
  })
}

function indexOf(tree: FileTree): Index {
  const known = indexes.get(tree)
  if (known) return known
  const items = tree.everything()
  const index = { items, folded: items.map(({ name }) => foldName(name)) }
  indexes.set(tree, index)
  return index
}
