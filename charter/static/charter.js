// The pages work without this; it only makes them nicer.
import { initAll } from './govuk-frontend.min.js'

initAll()

// A page that links to its own print view offers the browser's print dialogue.
document.querySelectorAll('[data-print]').forEach((button) => {
  button.hidden = false
  button.addEventListener('click', () => window.print())
})
