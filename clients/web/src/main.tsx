import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';

import { App } from './App.js';
import './style/base.css';
import './style/forms.css';
import './style/layout.css';
import './style/parts.css';
import './style/tables.css';

createRoot(document.getElementById('root') as HTMLElement).render(
    <StrictMode>
        <App />
    </StrictMode>,
);
