# Made by contrib/generate.py (make docs) from osism complete.
_osism()
{
  local cur prev words
  COMPREPLY=()
  _get_comp_words_by_ref -n : cur prev words

  # Command data:
  cmds='apply audit baremetal bifrost bifrost_deploy complete console get help lab lock lock_status netbox reconciler reconciler_diff reconciler_log reconciler_sync reset run service settings status task token unlock vault wait worker'
  cmds_apply='-h --help --no-wait --format -e --environment --sub -a --action -l --limit --check --diff --retry --timeout --show-tree --dry-run'
  cmds_audit='list'
  cmds_audit_list='-h --help -f --format -c --column --quote --noindent --max-width --fit-width --print-empty --sort-column --sort-ascending --sort-descending --who --since --limit'
  cmds_baremetal='abort clean delete deploy inspect list maintenance manage ping power provide reboot show undeploy'
  cmds_baremetal_abort='-h --help --no-wait --format --all --dry-run --yes --yes-i-really-really-mean-it --timeout --provision-state --power-state --maintenance --no-maintenance --resource-class'
  cmds_baremetal_clean='-h --help --no-wait --format --all --dry-run --yes --yes-i-really-really-mean-it --timeout --provision-state --power-state --maintenance --no-maintenance --resource-class --steps'
  cmds_baremetal_delete='-h --help --no-wait --format --all --dry-run --yes --yes-i-really-really-mean-it --timeout --provision-state --power-state --maintenance --no-maintenance --resource-class'
  cmds_baremetal_deploy='-h --help --no-wait --format --all --dry-run --yes --yes-i-really-really-mean-it --timeout --provision-state --power-state --maintenance --no-maintenance --resource-class --image --checksum --rebuild'
  cmds_baremetal_inspect='-h --help --no-wait --format --all --dry-run --yes --yes-i-really-really-mean-it --timeout --provision-state --power-state --maintenance --no-maintenance --resource-class'
  cmds_baremetal_list='-h --help -f --format -c --column --quote --noindent --max-width --fit-width --print-empty --sort-column --sort-ascending --sort-descending --provision-state --power-state --maintenance --no-maintenance --resource-class'
  cmds_baremetal_maintenance='set unset'
  cmds_baremetal_maintenance_set='-h --help --no-wait --format --all --dry-run --yes --yes-i-really-really-mean-it --timeout --provision-state --power-state --maintenance --no-maintenance --resource-class --reason'
  cmds_baremetal_maintenance_unset='-h --help --no-wait --format --all --dry-run --yes --yes-i-really-really-mean-it --timeout --provision-state --power-state --maintenance --no-maintenance --resource-class'
  cmds_baremetal_manage='-h --help --no-wait --format --all --dry-run --yes --yes-i-really-really-mean-it --timeout --provision-state --power-state --maintenance --no-maintenance --resource-class'
  cmds_baremetal_ping='-h --help -f --format -c --column --quote --noindent --max-width --fit-width --print-empty --sort-column --sort-ascending --sort-descending --all'
  cmds_baremetal_power='off on'
  cmds_baremetal_power_off='-h --help --no-wait --format --all --dry-run --yes --yes-i-really-really-mean-it --timeout --provision-state --power-state --maintenance --no-maintenance --resource-class --soft'
  cmds_baremetal_power_on='-h --help --no-wait --format --all --dry-run --yes --yes-i-really-really-mean-it --timeout --provision-state --power-state --maintenance --no-maintenance --resource-class'
  cmds_baremetal_provide='-h --help --no-wait --format --all --dry-run --yes --yes-i-really-really-mean-it --timeout --provision-state --power-state --maintenance --no-maintenance --resource-class'
  cmds_baremetal_reboot='-h --help --no-wait --format --all --dry-run --yes --yes-i-really-really-mean-it --timeout --provision-state --power-state --maintenance --no-maintenance --resource-class --soft'
  cmds_baremetal_show='-h --help -f --format -c --column --noindent --variable --prefix --max-width --fit-width --print-empty'
  cmds_baremetal_undeploy='-h --help --no-wait --format --all --dry-run --yes --yes-i-really-really-mean-it --timeout --provision-state --power-state --maintenance --no-maintenance --resource-class'
  cmds_bifrost='-h --help deploy'
  cmds_bifrost_deploy='-h --help --no-wait --format'
  cmds_complete='-h --help --name --shell'
  cmds_console='-h --help --type'
  cmds_get='facts hosts hostvars tasks'
  cmds_get_facts='-h --help -f --format -c --column --noindent --variable --prefix --max-width --fit-width --print-empty'
  cmds_get_hosts='-h --help -f --format -c --column --quote --noindent --max-width --fit-width --print-empty --sort-column --sort-ascending --sort-descending -l --limit'
  cmds_get_hostvars='-h --help -f --format -c --column --noindent --variable --prefix --max-width --fit-width --print-empty'
  cmds_get_tasks='-h --help -f --format -c --column --quote --noindent --max-width --fit-width --print-empty --sort-column --sort-ascending --sort-descending --state --limit --all'
  cmds_help='-h --help'
  cmds_lab='down run status up'
  cmds_lab_down='-h --help --directory'
  cmds_lab_run='-h --help --directory --demo'
  cmds_lab_status='-h --help -f --format -c --column --quote --noindent --max-width --fit-width --print-empty --sort-column --sort-ascending --sort-descending --directory'
  cmds_lab_up='-h --help --directory'
  cmds_lock='-h --help --reason status'
  cmds_lock_status='-h --help -f --format -c --column --noindent --variable --prefix --max-width --fit-width --print-empty'
  cmds_netbox='connect deploy disable drift generate import init states sync transition'
  cmds_netbox_connect='-h --help --no-wait --format --type --collection --device --state --enforce --abort --dry-run'
  cmds_netbox_deploy='-h --help --no-wait --format'
  cmds_netbox_disable='-h --help --no-wait --format --dry-run'
  cmds_netbox_drift='-h --help -f --format -c --column --quote --noindent --max-width --fit-width --print-empty --sort-column --sort-ascending --sort-descending --fix'
  cmds_netbox_generate='-h --help --no-wait --format --template'
  cmds_netbox_import='-h --help --no-wait --format --dry-run'
  cmds_netbox_init='-h --help --no-wait --format'
  cmds_netbox_states='-h --help -f --format -c --column --quote --noindent --max-width --fit-width --print-empty --sort-column --sort-ascending --sort-descending'
  cmds_netbox_sync='bifrost ironic'
  cmds_netbox_sync_bifrost='-h --help --no-wait --format --dry-run'
  cmds_netbox_sync_ironic='-h --help --no-wait --format --dry-run --prune --sure'
  cmds_netbox_transition='list show'
  cmds_netbox_transition_list='-h --help -f --format -c --column --quote --noindent --max-width --fit-width --print-empty --sort-column --sort-ascending --sort-descending --device --status --limit'
  cmds_netbox_transition_show='-h --help -f --format -c --column --noindent --variable --prefix --max-width --fit-width --print-empty'
  cmds_reconciler='-h --help --concurrency diff log sync'
  cmds_reconciler_diff='-h --help --format'
  cmds_reconciler_log='-h --help -f --format -c --column --quote --noindent --max-width --fit-width --print-empty --sort-column --sort-ascending --sort-descending -n'
  cmds_reconciler_sync='-h --help --no-wait --format --wait'
  cmds_reset='facts'
  cmds_reset_facts='-h --help'
  cmds_run='list show'
  cmds_run_list='-h --help -f --format -c --column --quote --noindent --max-width --fit-width --print-empty --sort-column --sort-ascending --sort-descending --role --status --limit'
  cmds_run_show='-h --help -f --format -c --column --noindent --variable --prefix --max-width --fit-width --print-empty'
  cmds_service='api beat listener watchdog'
  cmds_service_api='-h --help --address --port'
  cmds_service_beat='-h --help'
  cmds_service_listener='-h --help'
  cmds_service_watchdog='-h --help'
  cmds_settings='-h --help -f --format -c --column --quote --noindent --max-width --fit-width --print-empty --sort-column --sort-ascending --sort-descending'
  cmds_status='events queues schedule workers'
  cmds_status_events='-h --help -f --format -c --column --quote --noindent --max-width --fit-width --print-empty --sort-column --sort-ascending --sort-descending --malformed'
  cmds_status_queues='-h --help -f --format -c --column --quote --noindent --max-width --fit-width --print-empty --sort-column --sort-ascending --sort-descending'
  cmds_status_schedule='-h --help -f --format -c --column --quote --noindent --max-width --fit-width --print-empty --sort-column --sort-ascending --sort-descending'
  cmds_status_workers='-h --help -f --format -c --column --quote --noindent --max-width --fit-width --print-empty --sort-column --sort-ascending --sort-descending'
  cmds_task='list output revoke show'
  cmds_task_list='-h --help -f --format -c --column --quote --noindent --max-width --fit-width --print-empty --sort-column --sort-ascending --sort-descending --state --limit --all'
  cmds_task_output='-h --help --follow --format'
  cmds_task_revoke='-h --help'
  cmds_task_show='-h --help -f --format -c --column --noindent --variable --prefix --max-width --fit-width --print-empty'
  cmds_token='create list'
  cmds_token_create='-h --help --role -f --format'
  cmds_token_list='-h --help -f --format -c --column --quote --noindent --max-width --fit-width --print-empty --sort-column --sort-ascending --sort-descending'
  cmds_unlock='-h --help'
  cmds_vault='decrypt password view'
  cmds_vault_decrypt='-h --help'
  cmds_vault_password='set unset'
  cmds_vault_password_set='-h --help'
  cmds_vault_password_unset='-h --help'
  cmds_vault_view='-h --help'
  cmds_wait='-h --help --live --format'
  cmds_worker='-h --help --all --concurrency'

  dash=-
  underscore=_
  cmd=""
  words[0]=""
  completed="${cmds}"
  for var in "${words[@]:1}"
  do
    if [[ ${var} == -* ]] ; then
      break
    fi
    if [ -z "${cmd}" ] ; then
      proposed="${var}"
    else
      proposed="${cmd}_${var}"
    fi
    local i="cmds_${proposed}"
    i=${i//$dash/$underscore}
    local comp="${!i}"
    if [ -z "${comp}" ] ; then
      break
    fi
    if [[ ${comp} == -* ]] ; then
      if [[ ${cur} != -* ]] ; then
        completed=""
        break
      fi
    fi
    cmd="${proposed}"
    completed="${comp}"
  done

  if [ -z "${completed}" ] ; then
    COMPREPLY=( $( compgen -f -- "$cur" ) $( compgen -d -- "$cur" ) )
  else
    COMPREPLY=( $(compgen -W "${completed}" -- ${cur}) )
  fi
  return 0
}
complete -F _osism osism
