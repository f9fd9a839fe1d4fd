"""Contains all the data models used in inputs/outputs"""

from .abort import Abort
from .apply_collection import ApplyCollection
from .audit_entry import AuditEntry
from .audit_list import AuditList
from .change import Change
from .change_list import ChangeList
from .check import Check
from .check_drift import CheckDrift
from .collection import Collection
from .condition import Condition
from .condition_status import ConditionStatus
from .configuration import Configuration
from .configuration_running_type_0 import ConfigurationRunningType0
from .connect_devices import ConnectDevices
from .deploy_configuration import DeployConfiguration
from .device import Device
from .device_list import DeviceList
from .device_status import DeviceStatus
from .difference import Difference
from .disable_ports import DisablePorts
from .drift import Drift
from .drift_result import DriftResult
from .driver import Driver
from .ending import Ending
from .entry import Entry
from .facts import Facts
from .facts_facts import FactsFacts
from .followed import Followed
from .generate_configuration import GenerateConfiguration
from .get_job_output_format import GetJobOutputFormat
from .get_run_output_format import GetRunOutputFormat
from .health import Health
from .host import Host
from .host_list import HostList
from .import_inventory import ImportInventory
from .initialise_netbox import InitialiseNetbox
from .job_list import JobList
from .job_object import JobObject
from .job_object_spec import JobObjectSpec
from .job_status import JobStatus
from .job_status_state import JobStatusState
from .list_jobs_state import ListJobsState
from .list_meta import ListMeta
from .list_runs_status import ListRunsStatus
from .list_transitions_status import ListTransitionsStatus
from .listener import Listener
from .listener_acted import ListenerActed
from .listener_ignored import ListenerIgnored
from .listener_lags import ListenerLags
from .listener_seen import ListenerSeen
from .member import Member
from .meta import Meta
from .meta_labels import MetaLabels
from .node import Node
from .node_driver_info import NodeDriverInfo
from .node_extra import NodeExtra
from .node_interfaces import NodeInterfaces
from .node_list import NodeList
from .node_properties import NodeProperties
from .node_with_ports import NodeWithPorts
from .node_with_ports_driver_info import NodeWithPortsDriverInfo
from .node_with_ports_extra import NodeWithPortsExtra
from .node_with_ports_interfaces import NodeWithPortsInterfaces
from .node_with_ports_ports import NodeWithPortsPorts
from .node_with_ports_properties import NodeWithPortsProperties
from .object_ref import ObjectRef
from .operate_nodes import OperateNodes
from .plan import Plan
from .plan_diffs import PlanDiffs
from .planned_change import PlannedChange
from .planned_device import PlannedDevice
from .progress import Progress
from .progress_status import ProgressStatus
from .prune_journal import PruneJournal
from .queue import Queue
from .queue_list import QueueList
from .ready import Ready
from .ready_checks import ReadyChecks
from .ready_status import ReadyStatus
from .reconcile_inventory import ReconcileInventory
from .rejected import Rejected
from .result import Result
from .revocation import Revocation
from .role_list import RoleList
from .role_list_environments import RoleListEnvironments
from .run import Run
from .run_list import RunList
from .run_playbook import RunPlaybook
from .run_spec import RunSpec
from .run_status import RunStatus
from .run_status_hosts import RunStatusHosts
from .run_status_hosts_additional_property import RunStatusHostsAdditionalProperty
from .run_status_state import RunStatusState
from .schedule import Schedule
from .site_lock import SiteLock
from .spec import Spec
from .status import Status
from .step import Step
from .step_detail import StepDetail
from .switch import Switch
from .switch_list import SwitchList
from .sync_nodes import SyncNodes
from .take_netbox_webhook_body import TakeNetboxWebhookBody
from .take_netbox_webhook_body_data import TakeNetboxWebhookBodyData
from .transition import Transition
from .transition_list import TransitionList
from .transition_spec import TransitionSpec
from .transition_status import TransitionStatus
from .transition_status_state import TransitionStatusState
from .under_way import UnderWay
from .variables import Variables
from .variables_variables import VariablesVariables
from .wanted_device import WantedDevice
from .wanted_lock import WantedLock
from .wanted_meta import WantedMeta
from .wanted_meta_labels_type_0 import WantedMetaLabelsType0
from .wanted_run import WantedRun
from .wanted_spec import WantedSpec
from .worker import Worker
from .worker_list import WorkerList
from .write_servers import WriteServers

__all__ = (
    "Abort",
    "ApplyCollection",
    "AuditEntry",
    "AuditList",
    "Change",
    "ChangeList",
    "Check",
    "CheckDrift",
    "Collection",
    "Condition",
    "ConditionStatus",
    "Configuration",
    "ConfigurationRunningType0",
    "ConnectDevices",
    "DeployConfiguration",
    "Device",
    "DeviceList",
    "DeviceStatus",
    "Difference",
    "DisablePorts",
    "Drift",
    "DriftResult",
    "Driver",
    "Ending",
    "Entry",
    "Facts",
    "FactsFacts",
    "Followed",
    "GenerateConfiguration",
    "GetJobOutputFormat",
    "GetRunOutputFormat",
    "Health",
    "Host",
    "HostList",
    "ImportInventory",
    "InitialiseNetbox",
    "JobList",
    "JobObject",
    "JobObjectSpec",
    "JobStatus",
    "JobStatusState",
    "Listener",
    "ListenerActed",
    "ListenerIgnored",
    "ListenerLags",
    "ListenerSeen",
    "ListJobsState",
    "ListMeta",
    "ListRunsStatus",
    "ListTransitionsStatus",
    "Member",
    "Meta",
    "MetaLabels",
    "Node",
    "NodeDriverInfo",
    "NodeExtra",
    "NodeInterfaces",
    "NodeList",
    "NodeProperties",
    "NodeWithPorts",
    "NodeWithPortsDriverInfo",
    "NodeWithPortsExtra",
    "NodeWithPortsInterfaces",
    "NodeWithPortsPorts",
    "NodeWithPortsProperties",
    "ObjectRef",
    "OperateNodes",
    "Plan",
    "PlanDiffs",
    "PlannedChange",
    "PlannedDevice",
    "Progress",
    "ProgressStatus",
    "PruneJournal",
    "Queue",
    "QueueList",
    "Ready",
    "ReadyChecks",
    "ReadyStatus",
    "ReconcileInventory",
    "Rejected",
    "Result",
    "Revocation",
    "RoleList",
    "RoleListEnvironments",
    "Run",
    "RunList",
    "RunPlaybook",
    "RunSpec",
    "RunStatus",
    "RunStatusHosts",
    "RunStatusHostsAdditionalProperty",
    "RunStatusState",
    "Schedule",
    "SiteLock",
    "Spec",
    "Status",
    "Step",
    "StepDetail",
    "Switch",
    "SwitchList",
    "SyncNodes",
    "TakeNetboxWebhookBody",
    "TakeNetboxWebhookBodyData",
    "Transition",
    "TransitionList",
    "TransitionSpec",
    "TransitionStatus",
    "TransitionStatusState",
    "UnderWay",
    "Variables",
    "VariablesVariables",
    "WantedDevice",
    "WantedLock",
    "WantedMeta",
    "WantedMetaLabelsType0",
    "WantedRun",
    "WantedSpec",
    "Worker",
    "WorkerList",
    "WriteServers",
)
