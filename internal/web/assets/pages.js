// Every page of the dashboard and its address. Pages are loaded when they are opened first.

import { page } from './lib/router.js';

page('/ui', () => import('./pages/home.js'), 'services');
page('/ui/deployments/:cluster/:service/:id', () => import('./pages/deployment.js'), 'services');
page('/ui/services/:cluster/:service', () => import('./pages/service.js'), 'services');
