export { default } from 'fernet'
