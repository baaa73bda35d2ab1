{{#overdue}}hace {{days_overdue | plural:"# día","# días"}}{{/overdue}}{{^overdue}}{{#days_left}}{{days_left | plural:"mañana","en # días"}}{{/days_left}}{{^days_left}}hoy{{/days_left}}{{/overdue}}
