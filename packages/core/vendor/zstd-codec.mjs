export { default } from 'zstd-codec/lib/module.js'
