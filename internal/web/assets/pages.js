// Every page of the dashboard and its address. Pages are loaded when they are opened first.

import { page } from './lib/router.js';

page('/ui', () => import('./pages/home.js'), 'services');
page('/ui/deployments/:cluster/:service/:id', () => import('./pages/deployment.js'), 'services');
page('/ui/services/:cluster/:service', () => import('./pages/service.js'), 'services');
page('/ui/tasks', () => import('./pages/tasks.js'), 'tasks');
page('/ui/tasks/:cluster', () => import('./pages/tasks.js'), 'tasks');
page('/ui/tasks/:cluster/:task', () => import('./pages/task.js'), 'tasks');
page('/ui/logs', () => import('./pages/logs.js'), 'logs');
page('/ui/balancers', () => import('./pages/balancers.js'), 'balancers');
page('/ui/alarms', () => import('./pages/alarms.js'), 'services');
page('/ui/alarms/:name', () => import('./pages/alarm.js'), 'services');
page('/ui/balancers/:name', () => import('./pages/balancer.js'), 'balancers');
