from products.admin.catalogue import ProductAdmin

__all__ = ["ProductAdmin"]
