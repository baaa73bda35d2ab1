Su saldo es de {{event.amount | money}}: conviene recargarlo ({{event.at | date:"day"}})
